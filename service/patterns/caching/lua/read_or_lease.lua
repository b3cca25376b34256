-- Returns an entry; where there is none, grants a lease in its place.
--
-- KEYS[1]  the entry
-- ARGV[1]  the lease to grant, unique to the caller
-- ARGV[2]  how long a lease lasts, in milliseconds
-- Returns the entry as it stands now. The caller's own lease means: granted, load it.
-- A repeated call returns the same answer, so the command may be retried.

local entry = redis.call('GET', KEYS[1])
if entry then
  return entry
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ARGV[1]
