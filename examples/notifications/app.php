<?php
// SPDX-License-Identifier: MIT
// Notifications behind a login: app.py does the same in Python.

const PASSWORDS = ['7' => 'seven', '8' => 'eight']; // yours are password_hash()es in a database
const HOUR = 3600;

function token(string $user): string
{
	$part = fn($bytes) => rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
	$claims = ['sub' => $user, 'exp' => time() + HOUR,
		'mercure' => ['subscribe' => ['users/' . rawurlencode($user) . '/{+rest}']]];
	$signed = $part('{"alg":"HS256","typ":"JWT"}') . '.' . $part(json_encode($claims));
	$key = trim(file_get_contents(getenv('KEY')));
	return $signed . '.' . $part(hash_hmac('sha256', $signed, $key, true));
}

function set_token(string $token, int $expires): void
{
	setcookie('mercureAuthorization', $token,
		['path' => '/', 'httponly' => true, 'samesite' => 'Strict', 'expires' => $expires]);
}

function log_in(string $user, string $password): void
{
	if (!hash_equals(PASSWORDS[$user] ?? random_bytes(16), $password))
		return;
	session_regenerate_id(true);
	$_SESSION['user'] = $user;
}

function log_out(): void
{
	$_SESSION = [];
	set_token('', 1);
}

function show_page(string $user): void
{
	set_token(token($user), time() + HOUR);
	$query = http_build_query(['channel' => 'users/' . rawurlencode($user) . '/notifications',
		'since' => '1d', 'authorized' => 1]);
	echo strtr(file_get_contents(__DIR__ . '/page.html'), [
		'{user}' => htmlspecialchars($user),
		'{stream}' => htmlspecialchars(getenv('TIDINGS') . "/stream?$query")]);
}

session_start(['cookie_httponly' => true, 'cookie_samesite' => 'Strict', 'use_strict_mode' => true]);
header('Cache-Control: no-store');
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($_SERVER['REQUEST_METHOD'] === 'POST') {
	if ($path === '/login')
		log_in((string) ($_POST['user'] ?? ''), (string) ($_POST['password'] ?? ''));
	elseif ($path === '/logout')
		log_out();
	header('Location: /', true, 303);
} elseif (isset($_SESSION['user'])) {
	show_page($_SESSION['user']);
} else {
	readfile(__DIR__ . '/login.html');
}
