using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace HtCondor.Double;

/// <summary>Answers for the tools of a pool without a process of .NET for each call: a script asks it over loopback and repeats what it says.</summary>
/// <remarks>A tool that is told to misbehave runs as a program of its own, as only that can hang, or die.</remarks>
public sealed class ToolServer : IAsyncDisposable
{
    private readonly Pool _pool;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _work;

    public ToolServer(Pool pool)
    {
        _pool = pool;
        _listener.Start();
        _work = Task.Run(ServeAsync);
    }

    /// <summary>Text of a script that is one of the tools.</summary>
    /// <param name="program">The double as a program.</param>
    public string Script(string tool, string program) => $"""
        #!/bin/bash
        if [ -e '{_pool.Folder}/{tool}.behaviour' ]; then exec {program} '{_pool.Folder}' {tool} "$@"; fi
        exec 3<>/dev/tcp/127.0.0.1/{((IPEndPoint)_listener.LocalEndpoint).Port}
        printf '%s\0' $(($# + 2)) {tool} "$PWD" "$@" >&3
        read -r code output errors <&3
        head -c "$output" <&3
        head -c "$errors" <&3 >&2
        exit "$code"

        """;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _work;
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        List<Task> calls = [];
        try
        {
            while (true) calls.Add(AnswerAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(calls);
        }
    }

    private async Task AnswerAsync(TcpClient caller)
    {
        // Also so that a call which waits for the pool keeps no other one waiting.
        await Task.Yield();
        using (caller)
        {
            try
            {
                await using NetworkStream stream = caller.GetStream();
                string[] words = await ReadAsync(stream);
                using StringWriter output = new(CultureInfo.InvariantCulture), errors = new(CultureInfo.InvariantCulture);
                int code = new Tools(_pool, words[0], words[2..]) { Folder = words[1], Output = output, Errors = errors }.Run();
                byte[] said = Encoding.UTF8.GetBytes(output.ToString()), complained = Encoding.UTF8.GetBytes(errors.ToString());
                await stream.WriteAsync(Encoding.ASCII.GetBytes(FormattableString.Invariant($"{code} {said.Length} {complained.Length}\n")), _stop.Token);
                await stream.WriteAsync(said, _stop.Token);
                await stream.WriteAsync(complained, _stop.Token);
            }
            catch (Exception gone) when (gone is IOException or OperationCanceledException)
            {
                // Whoever asked was killed.
            }
        }
    }

    /// <summary>Texts that end with a zero each; the first says how many follow.</summary>
    private async Task<string[]> ReadAsync(NetworkStream stream)
    {
        List<string> words = [];
        using MemoryStream word = new();
        byte[] buffer = new byte[8192];
        while (words.Count == 0 || words.Count <= int.Parse(words[0], CultureInfo.InvariantCulture))
        {
            int read = await stream.ReadAsync(buffer, _stop.Token);
            if (read == 0) throw new IOException("The call was cut off.");
            foreach (byte one in buffer.AsSpan(0, read))
            {
                if (one != 0)
                {
                    word.WriteByte(one);
                    continue;
                }

                words.Add(Encoding.UTF8.GetString(word.GetBuffer(), 0, (int)word.Length));
                word.SetLength(0);
            }
        }

        return [.. words.Skip(1)];
    }
}
