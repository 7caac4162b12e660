-- Which goods were listed on 30 June 2023?
-- Means: codes on a control list that day, in each HS revision, with tier and source.
-- Does not mean: that everything under a code was controlled; lists name goods, codes are wider.
select * from marts.listed_goods('2023-06-30');
