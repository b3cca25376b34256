-- Decides one request by the generic cell rate algorithm.
--
-- KEYS[1]  the instant, in µs, at which the key's allowance is whole again; absent when it is whole now
-- ARGV[1]  interval: one admission every so many µs
-- ARGV[2]  burst: admissions at once when the allowance is whole
-- Returns {1 or 0 for allowed, admissions left now, µs until the next one when refused}.
--
-- All numbers are whole and below 2^53, where a Lua number is exact. The clock is that of Redis.

local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local whole_at = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)

local wait = whole_at - now - (burst - 1) * interval
if wait > 0 then
  return {0, 0, wait}
end
whole_at = whole_at + interval
local lifetime_ms = math.ceil((whole_at - now) / 1000) + 1
redis.call('SET', KEYS[1], string.format('%.0f', whole_at), 'PX', string.format('%.0f', lifetime_ms))
return {1, burst - math.ceil((whole_at - now) / interval), 0}
