-- Restores an owner whose takeover Redis lost when it went back in time.
-- KEYS owner, journal, assign
-- ARGV shard, incarnation, epoch, expected last id, then (id, kind, data) per entry
local owner = redis.call('HMGET', KEYS[1], 'shard', 'incarnation', 'epoch')
if not owner[3] then return {'noowner'} end
local mine = owner[1] == ARGV[1] and owner[2] == ARGV[2] and owner[3] == ARGV[3]
if not mine and tonumber(owner[3]) >= tonumber(ARGV[3]) then
  return {'stale', owner[1], owner[2], owner[3]}
end
local assign = redis.call('HMGET', KEYS[3], 'epoch', 'shard', 'pool', 'mode', 'from')
if not mine and assign[1] and tonumber(assign[1]) > tonumber(ARGV[3]) then
  -- A handoff needs its source alive; any other newer wish ends this owner.
  if assign[4] ~= 'handoff' or assign[5] ~= ARGV[1] then
    return {'notassigned', assign[1], assign[2] or '', assign[3] or '', assign[4] or '', assign[5] or ''}
  end
end
local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
local last_id = last and last[1] or '0-0'
if last_id ~= ARGV[4] then return {'gap', last_id} end
redis.call('HSET', KEYS[1], 'shard', ARGV[1], 'incarnation', ARGV[2], 'epoch', ARGV[3])
for i = 5, #ARGV, 3 do
  redis.call('XADD', KEYS[2], ARGV[i], 'k', ARGV[i + 1], 'd', ARGV[i + 2])
end
return {'ok'}
