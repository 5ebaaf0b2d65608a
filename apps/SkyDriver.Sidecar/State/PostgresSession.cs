using Npgsql;

namespace SkyDriver.Sidecar.State;

/// <summary>Connections to one server, which outlive a restart of it: broken ones are replaced and the request is made again.</summary>
internal sealed class PostgresSession(string connectionString, TimeProvider clock) : IAsyncDisposable
{
    private static readonly TimeSpan Probe = TimeSpan.FromMilliseconds(100);

    // Long enough for a restart of the server; longer waits are the matter of resiliency policies.
    private static readonly TimeSpan[] Pauses = [TimeSpan.Zero, TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(400), TimeSpan.FromMilliseconds(1000), TimeSpan.FromMilliseconds(2000)];

    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(connectionString);

    /// <summary>Waits until the server takes connections, and does the first work on one.</summary>
    /// <exception cref="TimeoutException">It did not in time; the message is the last fault.</exception>
    /// <exception cref="PostgresException">It refuses for a reason that waiting does not change.</exception>
    public async Task ConnectAsync(TimeSpan limit, Func<NpgsqlConnection, Task> work, CancellationToken ct)
    {
        string last = "no answer";
        using CancellationTokenSource expiry = new(limit, clock);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(expiry.Token, ct);
        try
        {
            while (true)
            {
                try
                {
                    await using NpgsqlConnection connection = await _source.OpenConnectionAsync(either.Token);
                    await work(connection);
                    return;
                }
                catch (NpgsqlException fault) when (fault is not PostgresException || fault.IsTransient)
                {
                    last = (fault.InnerException ?? fault).Message;
                }

                await Task.Delay(Probe, clock, either.Token);
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new TimeoutException(last);
        }
    }

    /// <summary>Does work that may be done twice.</summary>
    /// <param name="work">Gets whether it was tried before; that try may have been stored without an answer.</param>
    /// <exception cref="NpgsqlException">The server refuses, or did not come back.</exception>
    public async Task<T> RunAsync<T>(Func<NpgsqlConnection, bool, Task<T>> work, CancellationToken ct)
    {
        bool again = false;
        for (int attempt = 0; ; attempt++)
        {
            bool opened = false;
            try
            {
                await using NpgsqlConnection connection = await _source.OpenConnectionAsync(ct);
                opened = true;
                return await work(connection, again);
            }
            catch (NpgsqlException fault) when (attempt < Pauses.Length && MayPass(fault))
            {
                again |= opened;
                // What was pooled before a restart is broken, all of it.
                if (fault is not PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure }) _source.Clear();
                await Task.Delay(Pauses[attempt], clock, ct);
            }
        }
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    /// <summary>A timeout has waited long enough already.</summary>
    private static bool MayPass(NpgsqlException fault) => fault.IsTransient && fault.InnerException is not TimeoutException;
}
