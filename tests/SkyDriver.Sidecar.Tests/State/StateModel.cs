using System.Globalization;
using SkyDriver.Sidecar.State;
using SkyDriver.Sidecar.Tests.Workflows;

namespace SkyDriver.Sidecar.Tests.State;

/// <summary>What a store is, in a few lines: each random step is made on it and on the real one, and both must agree.</summary>
internal sealed class StateModel(IStateStore store, ManualClock clock, int seed)
{
    private static readonly string[] Keys = ["a", "b", "b||x", "c", "ä", "\U0001F600"];

    private readonly Random _random = new(seed);
    private readonly Dictionary<string, (byte[] Value, DateTimeOffset? End)> _model = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _etags = new(StringComparer.Ordinal);
    private readonly List<string> _oldETags = [];
    private readonly HashSet<string> _seenETags = new(StringComparer.Ordinal);

    public async Task RunAsync(int steps)
    {
        for (int step = 0; step < steps; step++)
        {
            if (_random.Next(6) == 0) clock.Advance(TimeSpan.FromSeconds(_random.Next(1, 4)));
            StateOperation[] operations = [.. Enumerable.Range(0, _random.Next(3) == 0 ? _random.Next(2, 6) : 1).Select(_ => Operation())];
            bool expected = operations.All(Holds);
            string what = string.Create(CultureInfo.InvariantCulture, $"seed {seed}, step {step}: {string.Join("; ", operations.Select(Text))}");
            Assert.True(expected == await TryAsync(operations), $"{what}: expected {(expected ? "to be done" : "a mismatch")}");
            if (expected) Make(operations);
            await CompareAsync(what, expected ? operations : []);
        }
    }

    private StateOperation Operation()
    {
        string key = Keys[_random.Next(Keys.Length)];
        bool delete = _random.Next(3) == 0;
        string? etag = _random.Next(4) switch
        {
            0 => _etags.GetValueOrDefault(key),
            1 when _oldETags.Count > 0 => _oldETags[_random.Next(_oldETags.Count)],
            2 => "",
            _ => null,
        };
        byte[] value = new byte[_random.Next(5)];
        _random.NextBytes(value);
        TimeSpan? life = _random.Next(4) == 0 ? TimeSpan.FromSeconds(_random.Next(1, 6)) : null;
        return new(delete ? StateOperationKind.Delete : StateOperationKind.Upsert, key, delete ? [] : value, etag, _random.Next(3) == 0, delete ? null : life);
    }

    private bool IsThere(string key) => _model.TryGetValue(key, out var found) && (found.End is null || found.End > clock.GetUtcNow());

    private bool Holds(StateOperation operation) => string.IsNullOrEmpty(operation.ETag)
        ? !operation.FirstWrite || !IsThere(operation.Key)
        : IsThere(operation.Key) && operation.ETag == _etags[operation.Key];

    private void Make(StateOperation[] operations)
    {
        foreach (StateOperation operation in operations)
        {
            if (operation.Kind is StateOperationKind.Delete) _model.Remove(operation.Key);
            else _model[operation.Key] = (operation.Value, operation.Ttl is { } life ? clock.GetUtcNow() + life : null);
        }
    }

    private async Task<bool> TryAsync(StateOperation[] operations)
    {
        try
        {
            await store.ApplyAsync(operations, default);
            return true;
        }
        catch (ETagMismatchException mismatch)
        {
            Assert.Contains(operations, o => o.Key == mismatch.Key);
            return false;
        }
    }

    private async Task CompareAsync(string what, StateOperation[] changed)
    {
        IReadOnlyList<StateRecord?> found = await store.GetManyAsync(Keys, default);
        for (int i = 0; i < Keys.Length; i++)
        {
            Assert.True(IsThere(Keys[i]) == found[i] is not null, $"{what}: {Keys[i]} is {(found[i] is null ? "missing" : "there")}");
            if (found[i] is not { } record)
            {
                Assert.Null(await store.GetAsync(Keys[i], default));
                continue;
            }

            Assert.Equal(_model[Keys[i]].Value, record.Value);
            Assert.Equal(_model[Keys[i]].End, record.ExpiresAt);
            if (changed.Any(o => o.Key == Keys[i]))
            {
                Assert.True(_seenETags.Add(record.ETag), $"{what}: the etag of {Keys[i]} was used before");
                if (_etags.TryGetValue(Keys[i], out string? old)) _oldETags.Add(old);
                _etags[Keys[i]] = record.ETag;
            }
            else Assert.Equal(_etags[Keys[i]], record.ETag);
        }

        List<string> listed = [];
        await foreach (string key in ((IKeyScan)store).KeysAsync("b", default)) listed.Add(key);
        Assert.Equal(((string[])["b", "b||x"]).Where(IsThere), listed);
    }

    private string Text(StateOperation o) => $"{o.Kind} {o.Key}{(o.FirstWrite ? " first" : "")}{(string.IsNullOrEmpty(o.ETag) ? "" : o.ETag == _etags.GetValueOrDefault(o.Key) ? " current" : " old")}{(o.Ttl is { } ttl ? $" for {ttl.TotalSeconds} s" : "")}";
}
