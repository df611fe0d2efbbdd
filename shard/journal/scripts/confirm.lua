-- Writes the owner once more, if it is the caller: what is durable after this was
-- durable with the caller as the owner.
-- KEYS owner
-- ARGV shard, incarnation, epoch
local owner = redis.call('HMGET', KEYS[1], 'shard', 'incarnation', 'epoch')
if not owner[3] then return {'noowner'} end
if owner[1] ~= ARGV[1] or owner[2] ~= ARGV[2] or owner[3] ~= ARGV[3] then
  return {'stale', owner[1], owner[2], owner[3]}
end
redis.call('HSET', KEYS[1], 'epoch', ARGV[3])
return {'ok'}
