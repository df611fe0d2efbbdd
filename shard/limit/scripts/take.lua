-- Takes one from a bucket, or says how long to wait, in microseconds.
-- KEYS[1] bucket: the instant at which it is full again, by the server's clock
-- ARGV[1] microseconds until one comes back, ARGV[2] microseconds of the rule's span
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local span = tonumber(ARGV[2])
local full = tonumber(redis.call('GET', KEYS[1]) or '0')
full = math.min(math.max(full, now), now + span) + tonumber(ARGV[1]) -- whichever way the clock was set
local over = full - now - span
if over > 0 then return over end
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
return 0
