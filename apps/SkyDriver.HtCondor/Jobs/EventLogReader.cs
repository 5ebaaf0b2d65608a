using System.Text;

namespace SkyDriver.HtCondor.Jobs;

/// <summary>Follows one job event log: each call reads what was written since the last.</summary>
internal sealed class EventLogReader(string path, TimeZoneInfo zone)
{
    private const int MaxEventBytes = 65_536;

    private readonly EventLogParser _parser = new(zone);
    private long _offset;

    /// <summary>All jobs of the log as they are now; empty while there is no log.</summary>
    /// <exception cref="IOException">The log cannot be read.</exception>
    public async Task<IReadOnlyCollection<JobAd>> ReadAsync(CancellationToken ct)
    {
        if (!File.Exists(path)) return [];
        await using FileStream log = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        // An event may be half written: it is read again from its beginning next time.
        log.Seek(_offset, SeekOrigin.Begin);
        StringBuilder text = new();
        long taken = 0, at = 0;
        byte[] buffer = new byte[65_536];
        List<byte> line = [];
        while (await log.ReadAsync(buffer, ct) is > 0 and int read)
        {
            for (int i = 0; i < read; i++)
            {
                at++;
                if (buffer[i] != '\n')
                {
                    if (line.Count < MaxEventBytes) line.Add(buffer[i]);
                    continue;
                }

                string written = Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
                line.Clear();
                if (written != "...")
                {
                    if (text.Length < MaxEventBytes) text.Append(text.Length > 0 ? "\n" : "").Append(written);
                    continue;
                }

                _parser.Take(text.ToString());
                text.Clear();
                taken = at;
            }
        }

        _offset += taken;
        return _parser.Jobs;
    }
}
