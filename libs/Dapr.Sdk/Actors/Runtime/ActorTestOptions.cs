using System.Text.Json;
using Dapr.Actors.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dapr.Actors.Runtime;

/// <summary>What an actor under test sees of the world; parts that are not set refuse to be used.</summary>
public sealed class ActorTestOptions
{
    public ActorId ActorId { get; set; } = ActorId.CreateRandom();

    public ILoggerFactory LoggerFactory { get; set; } = NullLoggerFactory.Instance;

    public JsonSerializerOptions JsonSerializerOptions { get; set; } = new(JsonSerializerDefaults.Web);

    public IActorProxyFactory ProxyFactory { get; set; } = new UnsetProxyFactory();

    public ActorTimerManager TimerManager { get; set; } = new UnsetTimerManager();

    private static InvalidOperationException Unset(string option) =>
        new($"This actor was made for a test; set {nameof(ActorTestOptions)}.{option} to let it do this.");

    private sealed class UnsetProxyFactory : IActorProxyFactory
    {
        public ActorProxy Create(ActorId actorId, string actorType, ActorProxyOptions? options = null) => throw Unset(nameof(ProxyFactory));

        public T CreateActorProxy<T>(ActorId actorId, string actorType, ActorProxyOptions? options = null)
            where T : IActor => throw Unset(nameof(ProxyFactory));

        public object CreateActorProxy(ActorId actorId, Type actorInterfaceType, string actorType, ActorProxyOptions? options = null) =>
            throw Unset(nameof(ProxyFactory));
    }

    private sealed class UnsetTimerManager : ActorTimerManager
    {
        public override Task RegisterReminderAsync(ActorReminder reminder) => throw Unset(nameof(TimerManager));

        public override Task<IActorReminder> GetReminderAsync(ActorReminderToken reminder) => throw Unset(nameof(TimerManager));

        public override Task UnregisterReminderAsync(ActorReminderToken reminder) => throw Unset(nameof(TimerManager));

        public override Task RegisterTimerAsync(ActorTimer timer) => throw Unset(nameof(TimerManager));

        public override Task UnregisterTimerAsync(ActorTimerToken timer) => throw Unset(nameof(TimerManager));
    }
}
