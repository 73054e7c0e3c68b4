-- Passkeys (WebAuthn): a key pair on somebody's device, opened there by a finger, a face or
-- a PIN. What lies here is public: it proves a signature and opens nothing.

create table passkeys (
    id            bigint generated always as identity primary key,
    account_id    bigint not null references accounts,
    -- The device's name for the key pair.
    credential_id bytea not null unique,
    -- The public key as the device gave it (COSE).
    public_key    bytea not null,
    -- The device's count of signatures; many devices leave it at nought.
    sign_count    bigint not null,
    -- What its owner calls the device.
    name          text not null,
    created_at    timestamptz not null,
    used_at       timestamptz,
    constraint passkeys_sizes check (length(credential_id) between 16 and 1023 and length(public_key) between 32 and 1200),
    constraint passkeys_count check (sign_count >= 0),
    constraint passkeys_named check (name <> '' and length(name) <= 30)
);
create index passkeys_of_account on passkeys (account_id);

-- What a device is asked to sign: once, within minutes.
create table passkey_challenges (
    -- The session it was given to, or SHA-256 of the cookie of somebody about to sign in.
    holder     bytea not null,
    purpose    text not null,
    challenge  bytea not null,
    -- Where a sign-in comes from: one address holds a few.
    address    text not null default '',
    expires_at timestamptz not null,
    primary key (holder, purpose),
    constraint passkey_challenges_purpose check (purpose in ('register', 'sign_in', 'confirm'))
);
create index passkey_challenges_expired on passkey_challenges (expires_at);
create index passkey_challenges_of_address on passkey_challenges (address, expires_at) where purpose = 'sign_in';

alter table sessions drop constraint sessions_second_factor;
alter table sessions
    add constraint sessions_second_factor check (second_factor in ('totp', 'recovery', 'passkey'));
