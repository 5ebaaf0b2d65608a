namespace HtCondor.Double;

/// <summary>A folder with the tools of a pool, as scripts that one server answers.</summary>
public sealed class ToolFolder : IAsyncDisposable
{
    private static readonly string[] Names = ["condor_submit", "condor_q", "condor_history", "condor_rm", "condor_transfer_data", "condor_version"];

    private readonly ToolServer _server;

    /// <param name="folder">Made where it is missing.</param>
    public ToolFolder(Pool pool, string folder)
    {
        _server = new(pool);
        Directory.CreateDirectory(folder);
        foreach (string name in Names)
        {
            string path = Path.Combine(folder, name);
            File.WriteAllText(path, _server.Script(name, $"dotnet '{Path.Combine(AppContext.BaseDirectory, "HtCondor.Double.dll")}'"));
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
