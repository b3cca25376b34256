-- Counts one view, each viewer once.
--
-- KEYS[1]  the viewer's mark for this video
-- KEYS[2]  the buffer: a hash of counts by video
-- ARGV[1]  the video
-- ARGV[2]  how long the viewer is remembered, in milliseconds
-- Returns 1 when the view counts, 0 when the viewer was counted already.

if not redis.call('SET', KEYS[1], 1, 'NX', 'PX', ARGV[2]) then
  return 0
end
redis.call('HINCRBY', KEYS[2], ARGV[1], 1)
return 1
