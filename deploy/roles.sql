-- Two roles: the owner makes and changes tables (manage.py migrate), the portal works with their rows alone. It cannot
-- switch off a trigger, drop a table or empty it: what is frozen stays frozen, also for a portal that was broken into.
--   sudo -u postgres psql -v owner_password=… -v portal_password=… -f deploy/roles.sql
CREATE ROLE redprop_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE redprop LOGIN PASSWORD :'portal_password';
CREATE DATABASE redprop OWNER redprop_owner TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8';
\connect redprop
REVOKE ALL ON DATABASE redprop FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE redprop TO redprop;
ALTER SCHEMA public OWNER TO redprop_owner;
GRANT USAGE ON SCHEMA public TO redprop;
ALTER DEFAULT PRIVILEGES FOR ROLE redprop_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO redprop;
ALTER DEFAULT PRIVILEGES FOR ROLE redprop_owner IN SCHEMA public GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO redprop;
