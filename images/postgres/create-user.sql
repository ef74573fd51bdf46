-- Makes the user BINDING_USER with the password BINDING_PASSWORD, of the environment, or gives it this password; run by
-- psql as a superuser in the database of the instance. What the user makes belongs to the database's owner, so that other
-- users have it too, and it stays when this one goes.
\set ON_ERROR_STOP on
\getenv user BINDING_USER
\getenv password BINDING_PASSWORD
-- The server's log shows statements that failed, and one of these has the password in it.
SET log_min_error_statement = panic;
SET client_min_messages = warning;
SELECT rolname AS owner FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba WHERE datname = current_database() \gset
BEGIN;
SELECT format('CREATE ROLE %I', :'user') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'user') \gexec
ALTER ROLE :"user" LOGIN PASSWORD :'password';
GRANT :"owner" TO :"user";
ALTER ROLE :"user" SET role TO :"owner";
COMMIT;
