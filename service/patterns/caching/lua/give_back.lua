-- Gives a lease back after a load that failed, so that the next reader may load at once.
--
-- KEYS[1]  the entry
-- ARGV[1]  the lease
-- Returns 1 when the lease stood there, else 0.

if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
return redis.call('DEL', KEYS[1])
