-- Sets the buffer aside as a batch.
--
-- KEYS[1]  the buffer
-- KEYS[2]  the batch to make of it
-- KEYS[3]  the set of all batches' ids
-- ARGV[1]  the batch's id
-- Returns the ids of all batches not yet discarded, those of earlier flushes included.

if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('RENAME', KEYS[1], KEYS[2])
  redis.call('SADD', KEYS[3], ARGV[1])
end
return redis.call('SMEMBERS', KEYS[3])
