DROP TABLE tasks;
--> statement-breakpoint
DROP TABLE auth_events;
--> statement-breakpoint
DROP TABLE sessions;
--> statement-breakpoint
DROP TABLE identities;
--> statement-breakpoint
DROP TABLE users;
--> statement-breakpoint
DROP TYPE task_priority;
--> statement-breakpoint
DROP TYPE user_role;
