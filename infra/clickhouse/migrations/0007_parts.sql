-- Charges come in inserts of tens of megabytes. As one file a part they take half the CPU that one
-- file a column takes; merges make large parts of them, which are read a column at a time.
ALTER TABLE rated MODIFY SETTING min_bytes_for_wide_part = 134217728;
