DROP INDEX auth_events_known_addresses_idx;
--> statement-breakpoint
DROP INDEX auth_events_user_id_created_at_id_idx;
--> statement-breakpoint
CREATE INDEX auth_events_user_id_created_at_idx ON auth_events (user_id, created_at);
--> statement-breakpoint
ALTER TABLE users DROP COLUMN locked_until;
--> statement-breakpoint
ALTER TABLE users DROP COLUMN failed_log_ins;
--> statement-breakpoint
ALTER TABLE identities DROP COLUMN profile_issued_at;
--> statement-breakpoint
DROP TABLE deleted_identities;
--> statement-breakpoint
DROP TABLE mail_tokens;
--> statement-breakpoint
DROP TABLE api_tokens;
--> statement-breakpoint
DROP TYPE mail_token_purpose;
--> statement-breakpoint
DROP TYPE api_token_scopes;
