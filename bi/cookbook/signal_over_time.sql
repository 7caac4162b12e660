-- How did the signal of Kyrgyzstan's priority goods move over time?
-- Means: the class, its parts and the ghost interval of every twelve months, newest first.
-- Does not mean: independent months; each row shares eleven months with the next.
select * from marts.corridor('KGZ', 'CHPL') where exporter_bloc = 'COALITION';
