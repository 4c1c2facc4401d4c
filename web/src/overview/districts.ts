// Where a unit stands in the sketch: columns and rows of tiles in rough compass positions. A city's data, by code.
export interface Place {
  code: string;
  zh: string;
  en: string;
  col: number;
  row: number;
}

export const COLUMNS = 7;
export const ROWS = 7;

export const places: Place[] = [
  { code: "510182", zh: "彭州", en: "Pengzhou", col: 3, row: 0 },
  { code: "510181", zh: "都江堰", en: "Dujiangyan", col: 2, row: 1 },
  { code: "510117", zh: "郫都", en: "Pidu", col: 3, row: 1 },
  { code: "510114", zh: "新都", en: "Xindu", col: 4, row: 1 },
  { code: "510113", zh: "青白江", en: "Qingbaijiang", col: 5, row: 1 },
  { code: "510121", zh: "金堂", en: "Jintang", col: 6, row: 1 },
  { code: "510115", zh: "温江", en: "Wenjiang", col: 2, row: 2 },
  { code: "510106", zh: "金牛", en: "Jinniu", col: 3, row: 2 },
  { code: "510108", zh: "成华", en: "Chenghua", col: 4, row: 2 },
  { code: "510112", zh: "龙泉驿", en: "Longquanyi", col: 5, row: 2 },
  { code: "510184", zh: "崇州", en: "Chongzhou", col: 1, row: 3 },
  { code: "510105", zh: "青羊", en: "Qingyang", col: 2, row: 3 },
  { code: "510107", zh: "武侯", en: "Wuhou", col: 3, row: 3 },
  { code: "510104", zh: "锦江", en: "Jinjiang", col: 4, row: 3 },
  { code: "510173", zh: "东部新区", en: "Eastern", col: 6, row: 3 },
  { code: "510129", zh: "大邑", en: "Dayi", col: 0, row: 4 },
  { code: "510116", zh: "双流", en: "Shuangliu", col: 2, row: 4 },
  { code: "510172", zh: "高新", en: "Hi-tech", col: 3, row: 4 },
  { code: "510171", zh: "天府新区", en: "Tianfu", col: 4, row: 4 },
  { code: "510185", zh: "简阳", en: "Jianyang", col: 6, row: 4 },
  { code: "510183", zh: "邛崃", en: "Qionglai", col: 1, row: 5 },
  { code: "510118", zh: "新津", en: "Xinjin", col: 3, row: 5 },
  { code: "510131", zh: "蒲江", en: "Pujiang", col: 2, row: 6 },
];

/** Under this many cases a rate is not shown. */
export const RATED_LEAST = 20;

/** 1 best … 4 worst; 0: not rated. Cut points as the city set them. */
export function band(num: number, den: number): 0 | 1 | 2 | 3 | 4 {
  if (den < RATED_LEAST) return 0;
  const rate = (100 * num) / den;
  if (rate >= 98) return 1;
  if (rate >= 96) return 2;
  return rate >= 94 ? 3 : 4;
}
