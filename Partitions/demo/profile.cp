* Run when the demo has started. Guests are heard at their own consoles; SET OBSERVER shows them here.
&TYPE To try: INDICATE LOAD, INDICATE LPARS SPIN*, QUERY NAMES, SET WEIGHT SPIN001 40,
&TYPE CONNECT LINUX1 (Ctrl-] comes back), PLAN SHUTDOWN, HELP. SHUTDOWN ends the machine.
