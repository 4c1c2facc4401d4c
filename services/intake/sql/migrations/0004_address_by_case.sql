-- The letter's name on its channel stands on the case since 0003: nobody looks a submission up by its case any more.
create or replace view v_reply_address as
select f.case_id, f.channel, f.source, f.source_msg_id, coalesce(c.reply_address, '') as reply_address
from case_file f
left join contact c on c.case_id = f.case_id and c.n = 1;
drop index submission_case;
