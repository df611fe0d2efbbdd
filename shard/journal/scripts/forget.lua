-- Deletes every key of a session whose epochs are not above the one given.
-- KEYS assign, owner, then the other keys of the session
-- ARGV epoch
for i = 1, 2 do
  local epoch = redis.call('HGET', KEYS[i], 'epoch')
  if epoch and tonumber(epoch) > tonumber(ARGV[1]) then return {'conflict'} end
end
redis.call('UNLINK', unpack(KEYS))
return {'ok'}
