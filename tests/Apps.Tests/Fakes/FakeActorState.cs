using System.Text.Json;
using Dapr.Actors.Runtime;

namespace SkyDriver.Apps.Tests.Fakes;

/// <summary>State of one actor that outlives its activations. As in Dapr: what is not saved is lost, a save is all or nothing.</summary>
internal sealed class FakeActorState
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);
    private readonly Dictionary<string, string> saved = [];

    /// <summary>Called before each save; throws to let it fail.</summary>
    public Action? OnSave { get; set; }

    public int Saves { get; private set; }

    /// <summary>Largest transaction so far, characters of JSON.</summary>
    public int LargestSave { get; private set; }

    public IReadOnlyCollection<string> Keys => saved.Keys;

    public IActorStateManager Activate() => new Manager(this);

    private sealed class Manager(FakeActorState state) : IActorStateManager
    {
        private readonly Dictionary<string, string?> changes = [];

        public Task<ConditionalValue<T>> TryGetStateAsync<T>(string stateName, CancellationToken cancellationToken = default)
        {
            string? json = changes.TryGetValue(stateName, out string? changed) ? changed : state.saved.GetValueOrDefault(stateName);
            return Task.FromResult(json is null ? new ConditionalValue<T>(false, default!) : new(true, JsonSerializer.Deserialize<T>(json, Web)!));
        }

        public Task SetStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default)
        {
            changes[stateName] = JsonSerializer.Serialize(value, Web);
            return Task.CompletedTask;
        }

        public Task<bool> TryRemoveStateAsync(string stateName, CancellationToken cancellationToken = default)
        {
            changes[stateName] = null;
            return Task.FromResult(state.saved.ContainsKey(stateName));
        }

        public Task ClearCacheAsync(CancellationToken cancellationToken = default)
        {
            changes.Clear();
            return Task.CompletedTask;
        }

        public Task SaveStateAsync(CancellationToken cancellationToken = default)
        {
            if (changes.Count == 0) return Task.CompletedTask;
            state.OnSave?.Invoke();
            state.Saves++;
            state.LargestSave = Math.Max(state.LargestSave, changes.Values.Sum(json => json?.Length ?? 0));
            foreach (var (name, json) in changes)
            {
                if (json is null) state.saved.Remove(name);
                else state.saved[name] = json;
            }

            changes.Clear();
            return Task.CompletedTask;
        }

        public Task AddStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default) => throw NotUsed();

        public Task AddStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default) => throw NotUsed();

        public Task<T> GetStateAsync<T>(string stateName, CancellationToken cancellationToken = default) => throw NotUsed();

        public Task SetStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default) => throw NotUsed();

        public Task RemoveStateAsync(string stateName, CancellationToken cancellationToken = default) => throw NotUsed();

        public Task<bool> TryAddStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default) => throw NotUsed();

        public Task<bool> TryAddStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default) => throw NotUsed();

        public Task<bool> ContainsStateAsync(string stateName, CancellationToken cancellationToken = default) => throw NotUsed();

        public Task<T> GetOrAddStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default) => throw NotUsed();

        public Task<T> GetOrAddStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default) => throw NotUsed();

        public Task<T> AddOrUpdateStateAsync<T>(string stateName, T addValue, Func<string, T, T> updateValueFactory, CancellationToken cancellationToken = default) => throw NotUsed();

        public Task<T> AddOrUpdateStateAsync<T>(string stateName, T addValue, Func<string, T, T> updateValueFactory, TimeSpan ttl, CancellationToken cancellationToken = default) => throw NotUsed();

        public Task UnloadStateAsync(string stateName, UnloadStateOptions? options = null, CancellationToken cancellationToken = default) => throw NotUsed();

        private static NotSupportedException NotUsed() => new("The scanner gets, sets, removes and saves; nothing else is played here.");
    }
}
