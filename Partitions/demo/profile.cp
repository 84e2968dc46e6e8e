* Run when the demo has started. The seventy TALKERs are heard at their own consoles (CONNECT TALK001).
SET OBSERVER TALK* OFF
