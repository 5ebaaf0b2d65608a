using System.Net.Sockets;
using System.Text;

namespace SkyDriver.Components.Hosting;

/// <summary>The file by which sidecars find the component.</summary>
internal static class SocketFile
{
    private const string FolderVariable = "DAPR_COMPONENTS_SOCKETS_FOLDER";
    private const string DefaultFolder = "/tmp/dapr-components-sockets";
    private const int MaxPathBytes = 107;

    /// <exception cref="ArgumentException">The name is no type name, or the path is too long for a socket.</exception>
    public static string Path(string name, string? folder)
    {
        bool valid = name.Length > 0 && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_' or '.') && name[0] is not '.';
        if (!valid) throw new ArgumentException($"'{name}' is no name of a component; use lower-case letters, digits, '-', '_' and '.', as in the type bindings.my-queue.", nameof(name));
        folder ??= Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } given ? given : DefaultFolder;
        string path = System.IO.Path.Combine(System.IO.Path.GetFullPath(folder), name + ".sock");
        int bytes = Encoding.UTF8.GetByteCount(path);
        if (bytes > MaxPathBytes) throw new ArgumentException($"The socket's path {path} has {bytes} bytes, and Unix allows {MaxPathBytes}; choose a shorter folder ({FolderVariable}).", nameof(folder));
        return path;
    }

    /// <summary>Removes the file unless a process listens on it: a file without a listener keeps sidecars from finding any component.</summary>
    /// <returns>Whether the path is free.</returns>
    public static bool RemoveUnlessLive(string path)
    {
        if (!File.Exists(path)) return true;
        using Socket probe = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
            return false;
        }
        catch (SocketException)
        {
            File.Delete(path);
            return true;
        }
    }
}
