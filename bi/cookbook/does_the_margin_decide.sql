-- Does the assumed margin for freight decide the sign of a gap?
-- Means: Kazakhstan's gap with the coalition at each margin of the grid; one sign in all rows is a robust sign.
-- Does not mean: that one of these margins is right; mirror_gaps uses the one of cif_margins, else the default.
select period, goods, margin, export_value_usd, import_fob_usd, gap_usd, gap_share, is_sign_as_assigned
from marts.gap_sensitivities
where freq = 'A' and exporter_bloc = 'COALITION' and importer_iso3 = 'KAZ'
order by period desc, goods, margin;
