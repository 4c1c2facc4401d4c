-- Which letters are there, without a word of them: check must see that one is missing, and may not read it.
create view v_letter_row as select case_id, n from letter;
grant select on v_letter_row to wl_check, wl_deploy;
