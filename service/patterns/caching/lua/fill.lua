-- Exchanges a lease for what was loaded under it.
--
-- KEYS[1]  the entry
-- ARGV[1]  the lease
-- ARGV[2]  the new entry
-- ARGV[3]  how long the new entry lives, in milliseconds
-- Returns 1 when stored; 0 when the lease no longer stands there: it expired or was invalidated.

if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
