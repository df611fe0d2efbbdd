-- Starts a session that has neither owner nor journal.
-- KEYS owner, journal, assign
-- ARGV shard, incarnation, epoch, genesis data
local id = ARGV[3] .. '-1'
local owner = redis.call('HMGET', KEYS[1], 'shard', 'incarnation', 'epoch')
local mine = owner[1] == ARGV[1] and owner[2] == ARGV[2] and owner[3] == ARGV[3]
-- Repeated: but only if it was this call, and not a takeover, that made the owner.
if mine and #redis.call('XRANGE', KEYS[2], id, id) == 1 then return {'ok', id} end
if owner[3] or redis.call('EXISTS', KEYS[2]) == 1 then return {'exists'} end
local assign = redis.call('HMGET', KEYS[3], 'epoch', 'shard', 'pool', 'mode', 'from')
if assign[1] ~= ARGV[3] or assign[2] ~= ARGV[1] or assign[4] ~= 'create' then
  return {'notassigned', assign[1] or '', assign[2] or '', assign[3] or '', assign[4] or '', assign[5] or ''}
end
redis.call('HSET', KEYS[1], 'shard', ARGV[1], 'incarnation', ARGV[2], 'epoch', ARGV[3])
redis.call('XADD', KEYS[2], id, 'k', 'genesis', 'd', ARGV[4])
return {'ok', id}
