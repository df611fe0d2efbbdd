-- Stores a snapshot, keeps the newest two and trims the journal below both the
-- older one and the position to keep from.
-- KEYS owner, journal, snapshots
-- ARGV shard, incarnation, epoch, position, payload, keep from or ''
local function less(a, b)
  local a_epoch, a_version = string.match(a, '^(%d+)%-(%d+)$')
  local b_epoch, b_version = string.match(b, '^(%d+)%-(%d+)$')
  if a_epoch ~= b_epoch then return tonumber(a_epoch) < tonumber(b_epoch) end
  return tonumber(a_version) < tonumber(b_version)
end
local owner = redis.call('HMGET', KEYS[1], 'shard', 'incarnation', 'epoch')
if not owner[3] then return {'noowner'} end
if owner[1] ~= ARGV[1] or owner[2] ~= ARGV[2] or owner[3] ~= ARGV[3] then
  return {'stale', owner[1], owner[2], owner[3]}
end
local fields = redis.call('HKEYS', KEYS[3])
local newest = nil
for _, field in ipairs(fields) do
  if not newest or less(newest, field) then newest = field end
end
if newest == ARGV[4] then return {'ok'} end
if newest and less(ARGV[4], newest) then return {'old', newest} end
if #redis.call('XRANGE', KEYS[2], ARGV[4], ARGV[4]) == 0 then
  local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
  return {'gap', last and last[1] or '0-0'}
end
redis.call('HSET', KEYS[3], ARGV[4], ARGV[5])
for _, field in ipairs(fields) do
  if field ~= newest then redis.call('HDEL', KEYS[3], field) end
end
if newest and ARGV[6] ~= '' then
  local from = newest
  if less(ARGV[6], from) then from = ARGV[6] end
  redis.call('XTRIM', KEYS[2], 'MINID', '=', from)
end
return {'ok'}
