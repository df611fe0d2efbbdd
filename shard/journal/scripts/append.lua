-- Appends entries, all or none.
-- KEYS owner, journal
-- ARGV shard, incarnation, epoch, expected last id, then (id, kind, data) per entry
-- A guard stands between "guard:" and "end guard" lines; a test takes each one out
-- and shows what then goes wrong. The third guard is the stream: ids are explicit,
-- and XADD refuses one that does not grow.
local owner = redis.call('HMGET', KEYS[1], 'shard', 'incarnation', 'epoch')
if not owner[3] then return {'noowner'} end
-- guard: owner
if owner[1] ~= ARGV[1] or owner[2] ~= ARGV[2] or owner[3] ~= ARGV[3] then
  return {'stale', owner[1], owner[2], owner[3]}
end
-- end guard
local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', '1')[1]
local last_id = last and last[1] or '0-0'
-- guard: expected
if last_id ~= ARGV[4] then return {'gap', last_id} end
-- end guard
for i = 5, #ARGV, 3 do
  -- Ids of one call are consecutive: if the stream takes the first, it takes all.
  local added = redis.pcall('XADD', KEYS[2], ARGV[i], 'k', ARGV[i + 1], 'd', ARGV[i + 2])
  if type(added) == 'table' and added['err'] then
    if string.find(added['err'], 'equal or smaller', 1, true) then return {'gap', last_id} end
    return added
  end
end
return 'ok'
