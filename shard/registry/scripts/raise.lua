-- Replaces the fields of a hash unless it is of a higher epoch, or its session is
-- gone (an owner that has not heard of it must not leave keys behind).
-- KEYS hash, assign
-- ARGV epoch, then (field, value)
if redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if epoch and tonumber(epoch) > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], unpack(ARGV, 2))
return 1
