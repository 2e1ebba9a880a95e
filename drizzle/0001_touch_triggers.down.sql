DROP TRIGGER tasks_touch ON tasks;
--> statement-breakpoint
DROP TRIGGER users_touch ON users;
--> statement-breakpoint
DROP FUNCTION touch_version();
--> statement-breakpoint
DROP FUNCTION touch_updated_at();
