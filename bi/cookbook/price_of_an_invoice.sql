-- Where does the price of an invoice stand: chips (854231) from Germany to Kazakhstan in 2022 at USD 1900 a kilogram?
-- Means: the share of other pairs of countries whose unit value was lower that year, and what both sides report of this
-- pair, at FOB. Under eight pairs (few_pairs) a percentile says little.
-- Does not mean: a false invoice; a code holds cheap and dear goods, and a weight may be estimated or wrong.
from marts.price_of_an_invoice('854231', 'DEU', 'KAZ', 1900, 2022);
