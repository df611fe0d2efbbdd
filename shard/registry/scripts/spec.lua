-- Stores a session's spec unless a newer generation is stored.
-- KEYS spec, assign
-- ARGV spec (JSON), generation
local stored = redis.call('HGET', KEYS[2], 'generation')
if stored and tonumber(stored) > tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[2], 'generation', ARGV[2])
return 1
