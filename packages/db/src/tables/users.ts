import { sql } from 'drizzle-orm'
import { boolean, check, integer, pgEnum, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

export const userRole = pgEnum('user_role', ['user', 'admin'])

/** An account. `email` and `username` hold the canonical form, so a plain unique key is enough. */
export const users = pgTable(
  'users',
  {
    id: uuid('id').primaryKey(),
    email: text('email').unique('users_email_key'),
    username: text('username').unique('users_username_key'),
    name: text('name'),
    avatarUrl: text('avatar_url'),
    passwordHash: text('password_hash'),
    emailVerified: boolean('email_verified').notNull().default(false),
    isActive: boolean('is_active').notNull().default(true),
    role: userRole('role').notNull().default('user'),
    createdAt: instant('created_at').notNull().defaultNow(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
    lastLoginAt: instant('last_login_at'),
    /** Since the last log-in that succeeded, the last lock or the last reset. */
    failedLogIns: integer('failed_log_ins').notNull().default(0),
    /** Until then only addresses that signed in before may try. */
    lockedUntil: instant('locked_until'),
  },
  (table) => [
    check('users_email_length', sql`char_length(${table.email}) <= 254`),
    check('users_username_length', sql`char_length(${table.username}) between 3 and 32`),
    check('users_name_length', sql`char_length(${table.name}) <= 200`),
  ],
)
