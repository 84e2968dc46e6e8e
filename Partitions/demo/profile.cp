* Run when the demo has started. Guests are heard at their own consoles; SET OBSERVER LINUX1 * shows LINUX1 here.
&TYPE To try: INDICATE LOAD, INDICATE LPARS SPIN*, QUERY NAMES, PLAN SHUTDOWN, HELP,
&TYPE SET WEIGHT SPIN001 40, CONNECT LINUX1 (Ctrl-] comes back). SHUTDOWN ends it all.
