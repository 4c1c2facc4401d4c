-- The steps of a letter.
grant select on v_journal to wl_portal;
