create user if not exists guest@'%';
