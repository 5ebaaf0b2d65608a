namespace SkyDriver.Reco.Pandel;

/// <summary>Logarithms of the arrival-time density (1/ns) and of the survival probability at one residual time.</summary>
internal readonly record struct PandelPoint(double LnDensity, double LnSurvival);
