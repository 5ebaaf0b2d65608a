namespace SkyDriver.Components.Tests;

/// <summary>A folder of sockets that lives as long as one test.</summary>
public sealed class SocketFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("sock-").FullName;

    public string Socket(string name) => System.IO.Path.Combine(Path, name + ".sock");

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
