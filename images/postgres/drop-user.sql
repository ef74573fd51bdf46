-- Removes the user BINDING_USER, of the environment, with its sessions, and leaves what it made to the owner of the
-- database; run by psql as a superuser in the database of the instance. Does nothing where there is no such user.
\set ON_ERROR_STOP on
\getenv user BINDING_USER
SELECT rolname AS owner FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba WHERE datname = current_database() \gset
SELECT count(*) AS found FROM pg_roles WHERE rolname = :'user' \gset
\if :found
  ALTER ROLE :"user" NOLOGIN;
  SELECT count(pg_terminate_backend(pid)) AS ended FROM pg_stat_activity WHERE usename = :'user' \gset
  REASSIGN OWNED BY :"user" TO :"owner";
  DROP OWNED BY :"user";
  DROP ROLE :"user";
\endif
