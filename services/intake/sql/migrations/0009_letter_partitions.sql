-- Letters in parts by case id, as the journal (decision 0019).
select partition_cut('letter', 10000000) as ignored \gset
