<?php
// SPDX-License-Identifier: MIT
// What of a Laravel application broadcasts, from Debian's php-illuminate-*, with the
// broadcaster of the page (its first argument).  Prints what its events were published as.

error_reporting(E_ALL & ~E_DEPRECATED);
foreach (['Broadcasting', 'Container', 'Events', 'Http', 'Support'] as $part)
    require_once "Illuminate/$part/autoload.php";
require_once 'GuzzleHttp/autoload.php';
require_once $argv[1];

use App\Broadcasting\MercureBroadcaster;
use Illuminate\Broadcasting\BroadcastEvent;
use Illuminate\Broadcasting\BroadcastManager;
use Illuminate\Broadcasting\Channel;
use Illuminate\Broadcasting\PrivateChannel;
use Illuminate\Container\Container;
use Illuminate\Contracts\Broadcasting\ShouldBroadcastNow;
use Illuminate\Support\Facades\Broadcast;
use Illuminate\Support\Facades\Facade;

class Sold implements ShouldBroadcastNow
{
    public function __construct(public string $title)
    {
    }

    public function broadcastOn()
    {
        return [new Channel('books.1'), new Channel('news'), new PrivateChannel('users.7')];
    }
}

class Application extends Container
{
    public function configurationIsCached()
    {
        return false;
    }
}

$app = new Application;
$app->instance('config', [
    'broadcasting.default' => 'mercure',
    'broadcasting.connections.mercure' => [
        'driver' => 'mercure', 'url' => getenv('MERCURE_URL'), 'token' => getenv('MERCURE_TOKEN')],
]);
$app->singleton(Illuminate\Contracts\Broadcasting\Factory::class, fn ($app) => new BroadcastManager($app));
Facade::setFacadeApplication($app);

Broadcast::extend('mercure', fn ($app, $config) => new MercureBroadcaster($config));

(new BroadcastEvent(new Sold('Ulysses')))->handle($app->make(Illuminate\Contracts\Broadcasting\Factory::class));
