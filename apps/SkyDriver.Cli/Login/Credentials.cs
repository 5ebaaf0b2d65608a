using System.Text.Json;
using System.Text.Json.Serialization;

namespace SkyDriver.Cli.Login;

/// <summary>What a login left behind for one service.</summary>
/// <param name="TokenEndpoint">Where new access tokens come from.</param>
/// <param name="Expires">When the access token does.</param>
internal sealed record Credential(
    [property: JsonPropertyName("issuer")] string Issuer,
    [property: JsonPropertyName("token_endpoint")] string TokenEndpoint,
    [property: JsonPropertyName("client_id")] string ClientId,
    [property: JsonPropertyName("refresh_token")] string? RefreshToken,
    [property: JsonPropertyName("access_token")] string AccessToken,
    [property: JsonPropertyName("expires")] DateTimeOffset Expires);

/// <summary>The file of credentials, one per service, which nobody but its owner can read.</summary>
internal sealed class CredentialFile(string path)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public string Path => path;

    public static CredentialFile Default() => new(Environment.GetEnvironmentVariable("SKYDRIVER_CREDENTIALS") is { Length: > 0 } given ? given
        : System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify), "skydriver", "credentials.json"));

    public Credential? Find(Uri server) => Read().GetValueOrDefault(Key(server));

    /// <exception cref="CommandException">The file cannot be written.</exception>
    public void Save(Uri server, Credential credential)
    {
        Dictionary<string, Credential> all = Read();
        all[Key(server)] = credential;
        Write(all);
    }

    /// <returns>False when there was none.</returns>
    public bool Remove(Uri server)
    {
        Dictionary<string, Credential> all = Read();
        if (!all.Remove(Key(server))) return false;
        Write(all);
        return true;
    }

    private Dictionary<string, Credential> Read()
    {
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, Credential>>(File.ReadAllBytes(path)) ?? [];
        }
        catch (Exception none) when (none is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
        catch (JsonException broken)
        {
            throw new CommandException(ExitCodes.Failed, $"The file of credentials {path} is damaged; delete it and log in again.", broken);
        }
    }

    private void Write(Dictionary<string, Credential> all)
    {
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!);
            // Made with its rights from the start, and whole or not at all.
            string partial = $"{path}.{Environment.ProcessId}.partial";
            File.Delete(partial);
            FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
            using (FileStream file = new(partial, options)) JsonSerializer.Serialize(file, all);
            File.Move(partial, path, overwrite: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCodes.Failed, $"The file of credentials {path} cannot be written: {fault.Message}", fault);
        }
    }

    private static string Key(Uri server) => server.GetLeftPart(UriPartial.Authority).ToLowerInvariant();
}
