-- Business time.
grant select on clock to wl_watch;
