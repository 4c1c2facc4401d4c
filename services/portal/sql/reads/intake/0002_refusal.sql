-- Why a letter was refused, and where its writer can turn.
grant select on v_refusal to wl_portal;
