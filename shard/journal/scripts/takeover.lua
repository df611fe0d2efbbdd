-- Makes the caller the owner: the one commit point of a change of owner.
-- KEYS owner, journal, assign
-- ARGV shard, incarnation, epoch, planned (1 or 0), epoch to be replaced,
--      expected last id or '', data
local owner = redis.call('HMGET', KEYS[1], 'shard', 'incarnation', 'epoch')
if not owner[3] then return {'noowner'} end
if owner[1] == ARGV[1] and owner[2] == ARGV[2] and owner[3] == ARGV[3] then
  local first = redis.call('XRANGE', KEYS[2], ARGV[3] .. '-0', '+', 'COUNT', 1)[1]
  return {'ok', first and first[1] or '0-0'}
end
if tonumber(owner[3]) >= tonumber(ARGV[3]) then return {'stale', owner[1], owner[2], owner[3]} end
local assign = redis.call('HMGET', KEYS[3], 'epoch', 'shard', 'pool', 'mode', 'from')
if assign[1] ~= ARGV[3] or assign[2] ~= ARGV[1] then
  return {'notassigned', assign[1] or '', assign[2] or '', assign[3] or '', assign[4] or '', assign[5] or ''}
end
local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
-- Without a journal there is nothing to take over; it must not begin afresh.
if not last then return {'gap', '0-0'} end
if ARGV[6] ~= '' and last[1] ~= ARGV[6] then return {'gap', last[1]} end
if ARGV[4] == '1' then
  if owner[3] ~= ARGV[5] then return {'notfrozen'} end
  local fields = {}
  for i = 1, #last[2], 2 do fields[last[2][i]] = last[2][i + 1] end
  if fields['k'] ~= 'freeze' then return {'notfrozen'} end
  local decoded, freeze = pcall(cjson.decode, fields['d'])
  if not decoded or type(freeze) ~= 'table' then return {'notfrozen'} end
  if freeze['to'] ~= ARGV[1] or freeze['epoch'] ~= tonumber(ARGV[3]) then return {'notfrozen'} end
end
local version = tonumber(string.match(last[1], '%-(%d+)$'))
local id = ARGV[3] .. '-' .. string.format('%.0f', version + 1)
redis.call('HSET', KEYS[1], 'shard', ARGV[1], 'incarnation', ARGV[2], 'epoch', ARGV[3])
redis.call('XADD', KEYS[2], id, 'k', 'takeover', 'd', ARGV[7])
return {'ok', id}
