namespace SkyDriver.Hosting.Startup;

/// <summary>How strictly a service judges its components before it starts.</summary>
/// <param name="Files">Folder of component files that are judged as well; null for none. The sidecar does not tell what is in them.</param>
/// <param name="MustLast">Refuse components that forget with their process or their machine.</param>
internal sealed record StartupSettings(string? Files, bool MustLast)
{
    public const string Durable = "SKYDRIVER_DURABLE", ComponentFiles = "SKYDRIVER_COMPONENTS";

    public static StartupSettings Read(Settings settings)
    {
        string durable = settings.Text(Durable, "any"), files = settings.Text(ComponentFiles, "");
        if (durable is not ("any" or "required")) settings.Refuse(Durable, $"is '{durable}'; give any or required");
        if (files != "" && !Directory.Exists(files)) settings.Refuse(ComponentFiles, $"is '{files}', which is no folder; give that of the component files, or leave it out");
        return new(files == "" ? null : files, durable == "required");
    }
}
