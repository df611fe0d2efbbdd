-- Puts an assignment in force; the epoch only ever rises.
-- KEYS assign, owner
-- ARGV epoch, shard, pool, mode, from
local now = redis.call('HMGET', KEYS[1], 'epoch', 'shard', 'pool', 'mode', 'from')
if now[1] == ARGV[1] then
  for i = 2, 5 do
    if now[i] ~= ARGV[i] then return {'conflict'} end
  end
  return {'ok'}
end
if now[1] and tonumber(now[1]) > tonumber(ARGV[1]) then return {'conflict'} end
local owner = redis.call('HGET', KEYS[2], 'epoch')
if owner and tonumber(owner) >= tonumber(ARGV[1]) then return {'conflict'} end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'shard', ARGV[2], 'pool', ARGV[3], 'mode', ARGV[4], 'from', ARGV[5])
return {'ok'}
