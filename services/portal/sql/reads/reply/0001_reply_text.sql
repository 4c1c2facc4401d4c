-- The steps of a letter, and the text that its citizen was sent: only what went out, for the portal alone.
create view v_reply_text as
select d.case_id, d.n, d.text from draft d join delivery l on l.case_id = d.case_id and l.n = d.n;
grant select on v_journal, v_reply_text to wl_portal;
